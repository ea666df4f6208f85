# What data there is, read from the contracts, and the names and labels that every theme shares.
module "contracts" {
  source = "./modules/contracts"
  folder = coalesce(var.contracts_folder, "${path.root}/../contracts")
}

locals {
  project     = var.project
  environment = var.environment
  region      = var.region
  location    = var.location
  prefix      = "sluice-${var.environment}" # of names that are not the data's own: networks, keys, service accounts
  labels      = merge({ application = "sluice", environment = var.environment, managed_by = "terraform" }, var.labels)

  sources    = module.contracts.sources    # "saas" => {name, version, database = {type, schema} or null, tables = [keys]}
  tables     = module.contracts.tables     # "saas_accounts" => see modules/contracts/outputs.tf; all captures
  cdc_tables = module.contracts.cdc_tables # those of a database: external in bronze
  events     = module.contracts.events     # those of a topic: native in bronze

  # The same names as contracts/names.py gives the pipelines.
  datasets = { for layer in ["bronze", "silver", "gold", "ops"] : layer => "${var.dataset_prefix}${layer}" }
  buckets  = { for role in ["landing", "bronze", "archive", "temp", "artefacts"] : role => "${var.project}-${role}" }
}
