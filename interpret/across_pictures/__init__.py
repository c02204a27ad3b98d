"""What is known of channels over many pictures: their dossiers, test pictures without them, and what they liken."""
