"""`covid batch lambda`: the function of `cloud/lambda` that draws, on this machine."""
