"""What the workflow .github/workflows/handover.yml runs beside the `handover` command: docs/pull-requests.md."""
