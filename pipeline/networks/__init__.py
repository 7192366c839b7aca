"""The only home of Keras beside plugins: device, patches, losses, fitting, inference."""
