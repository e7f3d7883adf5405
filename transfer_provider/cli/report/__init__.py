"""`handover report`: what became of a stack's handovers, for the ticket and the auditor.

command     the subcommand
gather      the report's facts, of a look at the stack and what both accounts answer
lookups     both accounts, queried in batches, each failure kept
handovers   what is known of each handover; costs.py and groups.py of its costs and its groups: pure
facts       what a report holds: pure
formats/    HTML, Markdown and JSON, in English and Chinese: pure
"""
