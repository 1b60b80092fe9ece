"""What the commands of relational stores share: the job as a process, and what it did, checked and told."""
