# The APIs that the platform uses. All else waits for them, through the keys and the accounts.
variable "project_number" {
  type        = string
  description = "The project's number, by which Google names its services' agents: gcloud projects describe PROJECT --format='value(projectNumber)'."
  nullable    = false
  validation {
    condition     = can(regex("^[0-9]{6,}$", var.project_number))
    error_message = "A project number has digits alone; the project's id is another variable."
  }
}

locals {
  apis = setunion(local.asked_apis, [
    "artifactregistry", "bigquery", "bigqueryconnection", "bigquerydatapolicy", "bigquerydatatransfer", "bigqueryreservation",
    "bigquerystorage", "bigtable", "bigtableadmin", "billingbudgets", "cloudkms", "cloudresourcemanager", "compute", "datacatalog", "dataflow", "datalineage",
    "datastream", "dns", "iam", "iamcredentials", "iap", "logging", "monitoring", "pubsub", "run", "secretmanager",
    "servicenetworking", "serviceusage", "sqladmin", "storage", "sts",
  ])
  asked_apis = toset(concat(
    length(var.iam.org_policies) > 0 ? ["orgpolicy"] : [],
    var.network.access_policy != null ? ["accesscontextmanager"] : [],
  ))
}

resource "google_project_service" "this" {
  for_each = local.apis

  project            = var.project
  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false # something else in the project may use it
}
