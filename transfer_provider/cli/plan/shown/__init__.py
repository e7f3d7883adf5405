"""How a plan is printed: for a terminal, as Markdown, as JSON; the same words in each."""
