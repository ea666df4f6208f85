# A company with little data: everything runs, as small as it can.
project        = "my-data-small"
project_number = "100000000004"
environment    = "small"
location       = "EU"
region         = "europe-west1"

replication = {
  private_range = "10.22.0.0/29"
  connections = {
    saas = { hostname = "10.30.0.5", database = "saas" }
  }
}

processing = {
  image   = "europe-west1-docker.pkg.dev/my-data-small/sluice-small/pipelines:1.0.0"
  workers = { machine_type = "n1-standard-1", maximum = 1 }
}

serving = {
  enabled = false # the smallest Bigtable costs more than all the rest
}

kms = {
  enabled = false
}

network = {
  flow_log_sampling = 0
}

orchestration = {
  image         = "europe-west1-docker.pkg.dev/my-data-small/sluice-small/dagster:1.0.0"
  ui_always_on  = false # opening it takes half a minute
  run_cpu       = "1"
  run_memory    = "2Gi"
  database_tier = "db-f1-micro"
  ui_members    = ["group:data@example.com"]
}

observability = {
  emails  = ["data@example.com"]
  watched = ["events", "streams", "jobs", "dagster"]
}

cost = {
  monthly_amount = 400
}
