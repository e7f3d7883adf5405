"""A local Alibaba Cloud: a loopback HTTPS server that answers as its RPC gateway does, for trying and testing.

`Sandbox.running` in `server/server.py` is for tests, the command `alicloud-sandbox` in `cli/` for people.
`cli`, `server`, `gateway`, `actions` and `people`, `state`, `models`: each package imports only from those after it.
"""
