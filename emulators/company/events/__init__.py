"""What the company publishes: usage of its product and sign-ins, as its own services would."""
