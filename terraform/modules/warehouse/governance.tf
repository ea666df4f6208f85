# A policy tag a classification: who may read the table and not the tag sees the column masked, or not at all.
resource "google_data_catalog_taxonomy" "this" {
  for_each = length(local.tagged) == 0 ? toset([]) : toset([var.taxonomy_name])

  project                = var.project
  region                 = lower(var.location)
  display_name           = each.value
  description            = "Classifications of the data contracts."
  activated_policy_types = ["FINE_GRAINED_ACCESS_CONTROL"]
}

resource "google_data_catalog_policy_tag" "this" {
  for_each = local.tagged

  taxonomy     = google_data_catalog_taxonomy.this[var.taxonomy_name].id
  display_name = each.value
  description  = "Columns that a contract classifies as ${each.value}."
}

resource "google_bigquery_datapolicy_data_policy" "masking" {
  for_each = { for classification in local.tagged : classification => var.masking[classification] if contains(keys(var.masking), classification) }

  project          = var.project
  location         = lower(var.location)
  data_policy_id   = replace("${var.taxonomy_name}_${each.key}", "/[^a-zA-Z0-9_]/", "_")
  policy_tag       = google_data_catalog_policy_tag.this[each.key].name
  data_policy_type = "DATA_MASKING_POLICY"

  data_masking_policy {
    predefined_expression = each.value
  }
}

resource "google_data_catalog_policy_tag_iam_member" "column_reader" {
  for_each = {
    for pair in setproduct(local.tagged, keys(var.column_readers)) : "${pair[0]} ${pair[1]}" => { tag = pair[0], member = var.column_readers[pair[1]] }
  }

  policy_tag = google_data_catalog_policy_tag.this[each.value.tag].name
  role       = "roles/datacatalog.categoryFineGrainedReader"
  member     = each.value.member
}

resource "google_bigquery_datapolicy_data_policy_iam_member" "masked_reader" {
  for_each = {
    for pair in setproduct(keys(google_bigquery_datapolicy_data_policy.masking), keys(var.masked_readers)) :
    "${pair[0]} ${pair[1]}" => { tag = pair[0], member = var.masked_readers[pair[1]] }
  }

  project        = var.project
  location       = lower(var.location)
  data_policy_id = google_bigquery_datapolicy_data_policy.masking[each.value.tag].data_policy_id
  role           = "roles/bigquerydatapolicy.maskedReader"
  member         = each.value.member
}

# The table of a policy in silver or gold is dbt's: it must be there, and a policy goes when dbt makes the table anew.
resource "google_bigquery_row_access_policy" "this" {
  for_each = var.row_policies

  project          = var.project
  dataset_id       = google_bigquery_dataset.layer[each.value.layer].dataset_id
  table_id         = each.value.table
  policy_id        = each.key
  filter_predicate = each.value.filter
  grantees         = each.value.members

  depends_on = [google_bigquery_table.event]
}
