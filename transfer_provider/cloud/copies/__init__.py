"""What copies of instances call: images, stopping and starting, what a zone offers, vSwitches."""
