"""Images from elsewhere: pictures in folders and archives, arrays, and the sets everybody knows."""
