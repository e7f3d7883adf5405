"""The actions of VPC 2016-04-28."""
