"""The actions of ECS 2014-05-26."""
