"""AWS Lambda functions, thin over the core. They import neither Spark nor the modules beside this package.

`cloud/apigateway` and `cloud/lambda` deploy them, `covid batch apigateway` and `covid batch lambda` run them
here.
"""
