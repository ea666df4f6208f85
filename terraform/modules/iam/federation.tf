# GitHub Actions exchanges its own token for one of Google's: no key is stored anywhere. A pull request can plan; only the
# protected branch can apply.
locals {
  github = var.github_repository == null ? {} : { this = var.github_repository }
}

resource "google_iam_workload_identity_pool" "ci" {
  for_each = local.github

  project                   = var.project
  workload_identity_pool_id = "${var.name}-ci"
  display_name              = "${var.name} CI"
  description               = "Identities of ${each.value}'s workflows."
}

resource "google_iam_workload_identity_pool_provider" "github" {
  #checkov:skip=CKV_GCP_125:the condition names the repository; what may apply is bound to its branch below, by an attribute made of repository and ref
  for_each = local.github

  project                            = var.project
  workload_identity_pool_id          = google_iam_workload_identity_pool.ci[each.key].workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  display_name                       = "GitHub Actions"
  attribute_condition = join(" && ", compact([
    "assertion.repository == '${each.value}'",
    var.github_owner_id == null ? "" : "assertion.repository_owner_id == '${var.github_owner_id}'",
  ]))

  attribute_mapping = {
    "google.subject"           = "assertion.sub"
    "attribute.repository"     = "assertion.repository"
    "attribute.repository_ref" = "assertion.repository + '@' + assertion.ref"
  }

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

resource "google_service_account_iam_member" "ci" {
  for_each = merge([
    for key, repository in local.github : {
      ci      = "attribute.repository_ref/${repository}@${var.apply_ref}"
      ci_plan = "attribute.repository/${repository}"
    }
  ]...)

  service_account_id = google_service_account.this[each.key].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.ci["this"].name}/${each.value}"
}

# Terraform's state: CI on the main branch writes it, a plan reads it.
resource "google_storage_bucket_iam_member" "state" {
  for_each = var.state_bucket == null ? {} : { ci = local.write, ci_plan = local.read }

  bucket = var.state_bucket
  role   = each.value
  member = "serviceAccount:${local.accounts[each.key]}"
}
