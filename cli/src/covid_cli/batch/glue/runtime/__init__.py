"""What Glue's own Java does under `awsglue`, as far as our job calls it, for a Spark of this machine.

AWS publishes the Python half of its library (AWSGlueDataplanePython); the other half, the classes of
`com.amazonaws.services.glue`, exists in AWS's images alone. Here are their names, for the calls that
`cloud/glue/job.py` makes and no others: whatever else is asked for is an error that says so.
"""
