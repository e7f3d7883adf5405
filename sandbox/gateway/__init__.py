"""The RPC gateway: signatures, client tokens, faults, request log, rendering of answers."""
