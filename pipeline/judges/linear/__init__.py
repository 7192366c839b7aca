"""The cheap judge: logistic regression on what a clip's frames are on average."""
