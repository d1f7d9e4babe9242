"""Image-to-image translation between two styles: networks, training, application."""
