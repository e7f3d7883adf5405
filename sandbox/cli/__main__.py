"""`python -m sandbox.cli` is `alicloud-sandbox`."""

from sandbox.cli.app import main

main()
