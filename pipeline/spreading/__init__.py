"""Labels spread over a graph of clips that sound alike."""
