# Roles that exist only for a whole project. What belongs to one bucket, dataset or topic is in data_roles.tf.
locals {
  project_roles = {
    landing_to_bronze = ["roles/bigquery.jobUser", "roles/dataflow.worker", "roles/logging.logWriter", "roles/monitoring.metricWriter"]
    events_to_bronze  = ["roles/bigquery.jobUser", "roles/dataflow.worker", "roles/logging.logWriter", "roles/monitoring.metricWriter"]
    dagster = [
      "roles/bigquery.jobUser",
      "roles/cloudsql.client",
      "roles/cloudsql.instanceUser",
      "roles/dataflow.developer",
      "roles/logging.logWriter",
      "roles/monitoring.metricWriter",
    ]
    dbt = ["roles/bigquery.jobUser", "roles/bigquery.readSessionUser"]

    # Everything that this configuration makes, and no basic role.
    ci = [
      "roles/artifactregistry.admin",
      "roles/bigquery.admin",
      "roles/bigquerydatapolicy.admin",
      "roles/bigtable.admin",
      "roles/cloudkms.admin",
      "roles/cloudsql.admin",
      "roles/compute.networkAdmin",
      "roles/compute.securityAdmin",
      "roles/dataflow.admin",
      "roles/datacatalog.categoryAdmin",
      "roles/datastream.admin",
      "roles/dns.admin",
      "roles/iam.roleAdmin",
      "roles/iam.serviceAccountAdmin",
      "roles/iam.workloadIdentityPoolAdmin",
      "roles/iap.admin",
      "roles/logging.configWriter",
      "roles/monitoring.admin",
      "roles/pubsub.admin",
      "roles/resourcemanager.projectIamAdmin",
      "roles/run.admin",
      "roles/secretmanager.admin",
      "roles/servicenetworking.networksAdmin",
      "roles/serviceusage.serviceUsageAdmin",
      "roles/storage.admin",
    ]

    # What a plan reads: settings, never rows, objects, messages or secrets.
    ci_plan = [
      "roles/artifactregistry.reader",
      "roles/bigquery.metadataViewer",
      "roles/bigquerydatapolicy.viewer",
      "roles/bigtable.viewer",
      "roles/browser",
      "roles/cloudkms.viewer",
      "roles/cloudsql.viewer",
      "roles/compute.networkViewer",
      "roles/dataflow.viewer",
      "roles/datacatalog.viewer",
      "roles/datastream.viewer",
      "roles/dns.reader",
      "roles/iam.securityReviewer",
      "roles/iam.workloadIdentityPoolViewer",
      "roles/logging.viewer",
      "roles/monitoring.viewer",
      "roles/pubsub.viewer",
      "roles/run.viewer",
      "roles/secretmanager.viewer",
      "roles/serviceusage.serviceUsageConsumer",
      "roles/storage.bucketViewer",
    ]
  }
}

# What a plan reads of settings that Google's own roles give only together with data or the right to change them.
resource "google_project_iam_custom_role" "plan" {
  project     = var.project
  role_id     = "${replace(var.name, "-", "_")}_plan"
  title       = "${var.name} plan"
  description = "Settings that a plan reads, beside those of the viewers' roles."
  stage       = "GA"
  permissions = [
    "bigquery.reservations.get",
    "bigquery.rowAccessPolicies.get",
    "bigquery.transfers.get",
    "storage.managedFolders.get",
  ]
}

resource "google_project_iam_member" "plan" {
  project = var.project
  role    = google_project_iam_custom_role.plan.name
  member  = "serviceAccount:${local.accounts.ci_plan}"
}

resource "google_project_iam_member" "workload" {
  for_each = merge([
    for workload, roles in local.project_roles : { for role in roles : "${workload} ${role}" => { workload = workload, role = role } }
  ]...)

  project = var.project
  role    = each.value.role
  member  = "serviceAccount:${local.accounts[each.value.workload]}"
}
