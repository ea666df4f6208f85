# The VPC in which workers and databases are.
variable "network" {
  description = "The network; what each setting means: modules/network/variables.tf."
  type = object({
    subnetwork_range       = optional(string, "10.20.0.0/22")
    private_services_range = optional(string, "10.21.0.0/20")
    enable_nat             = optional(bool, true)
    nat_address_count      = optional(number, 1)
    flow_log_sampling      = optional(number, 0.1)
    google_apis_access     = optional(string, "private")
    access_policy          = optional(string)
  })
  default  = {}
  nullable = false
}

module "network" {
  source = "./modules/network"

  project                 = local.project
  project_number          = var.project_number
  region                  = local.region
  name                    = local.prefix
  subnetwork_range        = var.network.subnetwork_range
  private_services_range  = var.network.private_services_range
  enable_private_services = var.orchestration.enabled
  enable_nat              = var.network.enable_nat
  nat_address_count       = var.network.nat_address_count
  flow_log_sampling       = var.network.flow_log_sampling
  google_apis_access      = var.network.google_apis_access
  access_policy           = var.network.access_policy

  depends_on = [google_project_service.this]
}
