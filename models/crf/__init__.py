"""Dense conditional random fields on the pixels of a scene, and the filters they compare with."""
