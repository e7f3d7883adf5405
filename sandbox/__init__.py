"""A local Alibaba Cloud: a loopback HTTPS server that answers as its RPC gateway does, for trying and testing.

`Sandbox.running` in `server.py` is for tests, the command `alicloud-sandbox` in `cli.py` for people.
"""
