"""Optional tables about channels: a gallery of training pictures, what excites each channel, and all test maxima."""
