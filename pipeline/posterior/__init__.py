"""From what judges say to a probability: calibration, noise rates, Bayes, novelty. Arrays alone."""
