"""A report as HTML, Markdown and JSON; every text of it, in English and Chinese, is in catalogue.py."""
