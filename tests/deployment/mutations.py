"""What would go unnoticed without a check: each spoils the template in one place, and names the check that must say so."""


def properties(template, name):
    return template["Resources"][name]["Properties"]


def without(name, *path):
    """Takes something away."""

    def spoil(template):
        place = properties(template, name)
        for part in path[:-1]:
            place = place[part]
        del place[path[-1]]

    return spoil


def having(value, name, *path):
    """Says something else."""

    def spoil(template):
        place = properties(template, name)
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = value

    return spoil


def everywhere(value, name):
    """Says something else of all functions."""

    def spoil(template):
        template["Globals"]["Function"][name] = value

    return spoil


def deletion(name, value):
    def spoil(template):
        template["Resources"][name]["DeletionPolicy"] = value

    return spoil


def granted(name, policy):
    def spoil(template):
        properties(template, name)["Policies"].append(policy)

    return spoil


def every_statement(change):
    def spoil(template):
        change(properties(template, "HomeFunction")["Policies"][1]["Statement"][0])

    return spoil


def built(method):
    def spoil(template):
        template["Resources"]["LoginFunction"]["Metadata"]["BuildMethod"] = method

    return spoil


def outside_of_the_vpc(template):
    del template["Globals"]["Function"]["VpcConfig"]


def lost(kind, name):
    """A resource, or an output, that is not there at all."""

    def spoil(template):
        del template[kind][name]

    return spoil


def renamed(name, other):
    def spoil(template):
        template["Resources"][other] = template["Resources"].pop(name)

    return spoil


def three_more(template):
    properties(template, "PageErrorsAlarm")["Metrics"] += properties(template, "HashingErrorsAlarm")["Metrics"][1:4]


def of_sam(spoil):
    """Of what SAM makes by itself there is nothing to spoil in the template."""
    spoil.is_of_sam = True
    return spoil


def unmentioned(name):
    """Loses a function from the dashboard's list."""

    def spoil(template):
        [text, variables] = properties(template, "Dashboard")["DashboardBody"]["Fn::Sub"]
        first = variables["Others"]["Fn::Join"][1][0]
        row = f'["...", "${{{name}}}"], '
        assert row in first["Fn::Sub"]
        first["Fn::Sub"] = first["Fn::Sub"].replace(row, "")
        assert text

    return spoil


def text_replaced(name, key, old, new):
    def spoil(template):
        value = properties(template, name)[key]
        holder, place = (value["Fn::Sub"], 0) if isinstance(value, dict) and isinstance(value["Fn::Sub"], list) else (properties(template, name), key)
        assert old in holder[place], old
        holder[place] = holder[place].replace(old, new)

    return spoil


CORS = ("CorsConfiguration", "CorsRules", 0)
BEHAVIOUR = ("DistributionConfig", "DefaultCacheBehavior")
STREAM = ("Events", "Promised", "Properties")
ANY_TABLE = {"Statement": [{"Sid": "Much", "Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}]}

PAGES_CORS = ("ResponseHeadersPolicyConfig", "CorsConfig", "Fn::If", 1, "AccessControlAllowOrigins", "Items", 0)
UPLOADED = ("Events", "Uploaded", "Properties")

# What is spoilt, by which change, and which check tells. Every check tells of something.
MUTATIONS = [
    ("an older Amazon Linux", everywhere("provided.al2", "Runtime"), "every_function_runs_on_amazon_linux_2023_on_the_architecture_that_was_asked_for"),
    ("one architecture for all", everywhere(["x86_64"], "Architectures"), "every_function_runs_on_amazon_linux_2023_on_the_architecture_that_was_asked_for"),
    ("no traces", everywhere("PassThrough", "Tracing"), "every_function_is_traced_as_it_was_asked_for"),
    ("a log of its own", having({"LogGroup": "another"}, "LoginFunction", "LoggingConfig"), "every_function_writes_into_the_one_log"),
    ("a shared role", having({"Fn::GetAtt": ["HomeFunctionRole", "Arn"]}, "LogoutFunction", "Role"), "every_function_has_a_role_that_nobody_else_takes_on"),
    ("a policy of AWS's", granted("LoginFunction", "arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess"), "every_role_has_our_policies_and_those_that_sam_adds_and_no_other"),
    ("a policy template of SAM's", granted("LoginFunction", {"DynamoDBCrudPolicy": {"TableName": {"Ref": "AccountsTable"}}}), "every_role_has_our_policies_and_those_that_sam_adds_and_no_other"),
    ("every table", granted("LoginFunction", ANY_TABLE), "nothing_of_ours_is_granted_on_everything_or_for_every_action"),
    ("every action", every_statement(lambda one: one.update(Action="dynamodb:*")), "nothing_of_ours_is_granted_on_everything_or_for_every_action"),
    ("every key", every_statement(lambda one: one.pop("Condition")), "nothing_of_ours_is_granted_on_everything_or_for_every_action"),
    ("a whole batch again", without("MailerFunction", *STREAM, "FunctionResponseTypes"), "both_consumers_read_the_outbox_from_its_beginning_and_give_up_into_their_queues"),
    ("mails that are dropped", without("MailerFunction", *STREAM, "DestinationConfig"), "both_consumers_read_the_outbox_from_its_beginning_and_give_up_into_their_queues"),
    ("all items to the mailer", having([{"Pattern": '{"eventName": ["INSERT"], "dynamodb": {"Keys": {"SK": {"S": ["MAIL", "ERASE"]}}}}'}], "MailerFunction", *STREAM, "FilterCriteria", "Filters"), "each_consumer_is_told_of_its_own_items_alone"),
    ("uploads that are dropped", without("ProcessUploadFunction", "EventInvokeConfig", "DestinationConfig"), "what_is_uploaded_is_tried_three_times_and_then_kept"),
    ("a letter for four days", without("FailedMails", "MessageRetentionPeriod"), "dead_letters_are_kept_for_fourteen_days_and_encrypted"),
    ("the older payload", having("1.0", "HomeFunction", "Events", "Csrf", "Properties", "PayloadFormatVersion"), "every_path_of_every_function_is_a_route_of_the_gateway"),
    ("one method", having("GET", "HomeFunction", "Events", "Csrf", "Properties", "Method"), "every_path_of_every_function_is_a_route_of_the_gateway"),
    ("a slash at the end", having("/csrf/", "HomeFunction", "Events", "Csrf", "Properties", "Path"), "no_route_ends_with_a_slash"),
    ("no limit", without("LoginFunction", "ReservedConcurrentExecutions"), "the_functions_that_hash_passwords_have_a_whole_processor_and_a_limit_where_one_was_asked_for"),
    ("sessions for ever", without("SessionsTable", "TimeToLiveSpecification"), "what_expires_expires_by_itself"),
    ("accounts without recovery", without("AccountsTable", "PointInTimeRecoverySpecification"), "what_is_durable_can_be_restored_to_any_second"),
    ("accounts that can be deleted", without("AccountsTable", "DeletionProtectionEnabled"), "what_is_durable_is_not_deleted_with_the_stack_nor_by_hand"),
    ("accounts that go with the stack", deletion("AccountsTable", "Delete"), "what_is_durable_is_not_deleted_with_the_stack_nor_by_hand"),
    ("mails in the stream", having("NEW_IMAGE", "OutboxTable", "StreamSpecification", "StreamViewType"), "the_outbox_alone_has_a_stream_and_it_has_keys_alone"),
    ("a public bucket", having(False, "MediaBucket", "PublicAccessBlockConfiguration", "BlockPublicPolicy"), "no_bucket_is_public"),
    ("plain http", having([], "MediaBucketPolicy", "PolicyDocument", "Statement"), "every_bucket_refuses_what_comes_without_tls"),
    ("any distribution", without("StaticBucketPolicy", "PolicyDocument", "Statement", 1, "Condition"), "only_its_own_distribution_reads_a_bucket_by_its_policy"),
    ("scripts of every site", having(["*"], "MediaBucket", *CORS, "AllowedOrigins"), "scripts_of_the_site_alone_reach_the_media_bucket"),
    ("uploads for ever", without("MediaBucket", "LifecycleConfiguration", "Rules", 0), "what_nobody_takes_is_forgotten_after_a_day_and_what_is_published_is_not"),
    ("published files for a day", having("media/", "MediaBucket", "LifecycleConfiguration", "Rules", 0, "Prefix"), "what_nobody_takes_is_forgotten_after_a_day_and_what_is_published_is_not"),
    ("cached pages", having("658327ea-f89d-4fab-a63d-7e88639e58f6", "Distribution", *BEHAVIOUR, "CachePolicyId"), "pages_are_never_cached_and_the_gateway_gets_all_but_the_host"),
    ("the visitor's Host", having("216adef6-5c7f-47e4-b989-5492eafa07d3", "Distribution", *BEHAVIOUR, "OriginRequestPolicyId"), "pages_are_never_cached_and_the_gateway_gets_all_but_the_host"),
    ("remembered errors", without("Distribution", "DistributionConfig", "CustomErrorResponses", 2), "no_error_is_remembered"),
    ("http at the edge", having("allow-all", "Distribution", *BEHAVIOUR, "ViewerProtocolPolicy"), "everything_goes_by_tls"),
    ("no proof", having([], "Distribution", "DistributionConfig", "Origins", 0, "OriginCustomHeaders"), "the_distribution_proves_itself_to_the_gateway"),
    ("no viewer's address", without("Distribution", *BEHAVIOUR, "FunctionAssociations"), "whose_request_it_is_is_said_by_the_edge"),
    ("cookies in the cache", having("all", "StaticCache", "CachePolicyConfig", "ParametersInCacheKeyAndForwardedToOrigin", "CookiesConfig", "CookieBehavior"), "no_cached_file_depends_on_who_asks"),
    ("a bucket that is not signed for", having("never", "StaticAccess", "OriginAccessControlConfig", "SigningBehavior"), "buckets_are_reached_by_signed_requests_alone"),
    ("no nosniff", without("StaticHeaders", "ResponseHeadersPolicyConfig", "SecurityHeadersConfig", "ContentTypeOptions"), "files_say_that_they_are_what_they_are_and_run_nothing"),
    ("media for everybody", without("MediaDistribution", *BEHAVIOUR, "TrustedKeyGroups"), "published_media_are_served_only_where_they_were_signed"),
    ("a name that leads elsewhere", having("www.example.net", "SiteName", "Name"), "names_lead_to_their_distributions_where_there_is_a_zone"),
    ("logs for ever", without("Logs", "RetentionInDays"), "logs_are_kept_as_long_as_was_asked_for"),
    ("paths in the log", having('{"request_id":"$context.requestId","route":"$context.path","status":"","error":""}', "HttpApi", "AccessLogSettings", "Format"), "the_gateways_log_has_routes_and_no_paths"),
    ("a function without an alarm", without("HashingErrorsAlarm", "Metrics", 1), "every_function_that_crashes_is_told"),
    ("letters that nobody reads", having("SentMessages", "FailedMailsAlarm", "MetricName"), "every_dead_letter_is_told"),
    ("a metric that is not there", having("BounceRate", "BouncesAlarm", "MetricName"), "every_alarm_looks_at_what_there_is"),
    ("an alarm that nobody hears", without("SiteErrorsAlarm", "AlarmActions"), "every_alarm_is_told_to_whoever_asked_for_it"),
    ("an encrypted topic", having("alias/aws/sns", "AlarmTopic", "KmsMasterKeyId"), "every_alarm_is_told_to_whoever_asked_for_it"),
    ("a dashboard without the log-in", unmentioned("LoginFunction"), "the_dashboard_shows_every_function_table_and_queue"),
    ("another builder", built("makefile"), "every_function_is_built_by_cargo_lambda"),
    ("a key in plain sight", having({"Variables": {"SECRET_KEY": "plain"}}, "LoginFunction", "Environment"), "no_environment_holds_a_secret"),
    ("a page that takes a minute", having(60, "LoginFunction", "Timeout"), "only_those_that_may_wait_are_in_no_hurry"),
    ("no network of its own", outside_of_the_vpc, "the_functions_are_in_the_vpc_that_was_named_or_in_none"),
    ("verdicts that nobody hears", having("DISABLED", "ProcessUploadFunction", "Events", "Scanned", "Properties", "State"), "guardduty_is_listened_to_only_where_it_scans"),
    ("a gateway that may not", of_sam(lost("Resources", "LoginFunctionLoginPermission")), "the_gateway_may_invoke_every_function_on_its_routes"),
    ("whoever wants to", of_sam(having("*", "LoginFunctionLoginPermission", "Principal")), "nobody_invokes_a_function_but_the_gateway_the_bucket_and_the_rule"),
    ("another key", having("id", "SessionsTable", "KeySchema", 0, "AttributeName"), "there_are_three_tables_with_the_keys_that_the_code_expects"),
    ("copies that tell of themselves", having("", "ProcessUploadFunction", *UPLOADED, "Filter", "S3Key", "Rules", 0, "Value"), "the_media_bucket_tells_of_new_uploads_and_of_nothing_else"),
    ("a short key", having(20, "SecretKey", "GenerateSecretString", "PasswordLength"), "secrets_are_made_up_by_secrets_manager"),
    ("files of the bucket alone", having("static", "Distribution", "DistributionConfig", "CacheBehaviors", 0, "TargetOriginId"), "static_files_come_from_where_they_were_asked_to"),
    ("files for every site", having("*", "StaticHeaders", *PAGES_CORS), "no_file_is_open_to_every_origin"),
    ("no alarm", lost("Resources", "UploadsWaitAlarm"), "there_are_alarms_and_a_dashboard_unless_they_were_declined"),
    ("a function that is kept from running", without("PageThrottlesAlarm", "Metrics", 1), "every_page_that_is_kept_from_running_is_told"),
    ("mails that wait", having("Duration", "MailsWaitAlarm", "MetricName"), "what_waits_for_a_job_is_told"),
    ("another line of the log", having('{ $.level = "ERROR" }', "JobFailures", "FilterPattern"), "a_mail_that_fails_is_told_though_the_function_answers_well"),
    ("the usual latency", having("p50", "SiteLatencyAlarm", "ExtendedStatistic"), "slow_and_failing_answers_are_told"),
    ("a table that is not watched", without("TableThrottlesAlarm", "Metrics", 6), "what_dynamodb_refuses_is_told"),
    ("eleven metrics", three_more, "an_alarm_adds_up_ten_metrics_at_most_and_returns_one"),
    ("a quiet night", having("breaching", "SiteErrorsAlarm", "TreatMissingData"), "nobody_is_woken_because_nobody_came"),
    ("an alarm without a word", renamed("FailedMailsAlarm", "LostMailsAlarm"), "every_alarm_has_its_place_in_the_documentation"),
    ("widgets upon each other", text_replaced("Dashboard", "DashboardBody", '"x": 8, "y": 0', '"x": 7, "y": 0'), "the_widgets_of_the_dashboard_do_not_cover_each_other"),
    ("no log", lost("Outputs", "LogGroup"), "an_operator_finds_in_the_outputs_what_commands_ask_for"),
    ("a dashboard of a table that is not there", text_replaced("Dashboard", "DashboardBody", '"TableName", "${AccountsTable}"', '"TableName", "${HomeFunction}"'), "the_dashboard_shows_what_there_is"),
]
