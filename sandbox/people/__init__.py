"""What people do at Alibaba Cloud and in its console: the review desk, the resource transfer, an account's owner."""
