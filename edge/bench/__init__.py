"""How near the loop comes to the bare chip, measured on the machine that it runs on."""
