# What the company relies on.
project        = "my-data-prod"
project_number = "100000000002"
environment    = "prod"
location       = "EU"
region         = "europe-west1"
labels         = { cost_center = "data" }

storage = {
  soft_delete_days       = 14
  landing_retention_days = 30
  autoclass              = true
}

warehouse = {
  storage_billing_model = "PHYSICAL"
  event_days            = 800
  masked_readers        = { analysts = "group:analysts@example.com" }
}

streaming = {
  storage_regions = ["europe-west1", "europe-west4"]
}

replication = {
  private_range = "10.22.0.0/29"
  connections = {
    saas = { hostname = "10.30.0.5", database = "saas" }
  }
}

processing = {
  image = "europe-west1-docker.pkg.dev/my-data-prod/sluice-prod/pipelines:1.0.0"
}

serving = {
  zones       = ["europe-west1-b", "europe-west1-c"]
  backup_days = 14
}

orchestration = {
  image             = "europe-west1-docker.pkg.dev/my-data-prod/sluice-prod/dagster:1.0.0"
  high_availability = true
  ui_members        = ["group:data@example.com"]
}

observability = {
  emails = ["data-oncall@example.com"]
}

iam = {
  github_repository = "example/sluice"
  state_bucket      = "my-data-prod-terraform"
}

cost = {
  billing_account = "000000-000000-000000"
  monthly_amount  = 1500
}

recovery = {
  layers = ["ops"] # the only one that cannot be built again
}
