# A place to try things: small, cheap, and everything in it may be lost.
project             = "my-data-dev"
project_number      = "100000000001"
environment         = "dev"
location            = "EU"
region              = "europe-west1"
deletion_protection = false

storage = {
  soft_delete_days = 0
  noncurrent_days  = 7
}

warehouse = {
  time_travel_hours = 48
  event_days        = 90
  dead_letter_days  = 90
}

processing = {
  streaming_jobs = false # Dataflow is started by hand here: a worker costs as much at night as by day
}

serving = {
  enabled = false
}

kms = {
  enabled = false
}

orchestration = {
  enabled = false # developers run Dagster on their own machines
}

cost = {
  monthly_amount = 100
}
