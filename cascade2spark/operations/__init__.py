"""Every stock operation, flat, and the contract for writing one."""
