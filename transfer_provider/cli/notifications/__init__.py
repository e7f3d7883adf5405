"""Notifications: what changed of a stack's handovers, sent once to the targets that the stack names.

announcements   which standings are news, given what was announced before: pure
wording         the messages, in English and Chinese: pure
record          what was announced, packed into stack tags: pure
tags            the stack's tags, by the `pulumi` command
lease           one notifier at a time
targets         where messages go, by Apprise
notifier        all of it together, for `watch` and `notify`
command         `handover notify`
"""
