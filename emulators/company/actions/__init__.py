"""What people at the company and its customers do: each action turns a world into the changes of one transaction."""
