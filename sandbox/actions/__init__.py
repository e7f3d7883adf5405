"""What the API does: one module a kind of resource, a package a product."""
