"""ECS: instances are made from images: what is offered where, the disks, the place in the network, and RunInstances."""
