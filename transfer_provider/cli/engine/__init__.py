"""Pulumi's engine, run by the command."""
