"""The sandbox beside what Alibaba Cloud publishes: every action's request and answer, and a client of another make.

`cases.py` holds a call of each action; an action without one fails. `exemptions.py` holds what
differs, with the reason.
"""
