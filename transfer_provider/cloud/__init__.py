"""The only code that talks to Alibaba Cloud."""
