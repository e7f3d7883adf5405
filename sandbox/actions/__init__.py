"""What the API does: a package for each product, a module in it for each kind of resource. `products.py` lists them."""
