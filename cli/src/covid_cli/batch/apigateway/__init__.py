"""`covid batch apigateway`: the API, the bucket and the stream of `cloud/apigateway`, on this machine."""
