"""The weights of Facewright that its own wheel has no room for; Facewright finds them here."""
