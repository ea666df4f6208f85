# A VPC Service Controls perimeter, in dry run: it logs what it would refuse and refuses nothing. Read those logs for a
# week, write the access levels that they ask for, then enforce it (docs/terraform.md).
resource "google_access_context_manager_service_perimeter" "dry_run" {
  count = var.access_policy == null ? 0 : 1

  parent                    = "accessPolicies/${var.access_policy}"
  name                      = "accessPolicies/${var.access_policy}/servicePerimeters/${replace(var.name, "-", "_")}"
  title                     = replace(var.name, "-", "_")
  perimeter_type            = "PERIMETER_TYPE_REGULAR"
  use_explicit_dry_run_spec = true

  spec {
    resources           = ["projects/${var.project_number}"]
    restricted_services = var.restricted_services
  }
}
