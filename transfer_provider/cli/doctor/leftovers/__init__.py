"""What a killed run left, in the state and at both accounts, and what nobody declared."""
