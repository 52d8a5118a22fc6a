//! What a behaviour of CloudFront passes on to its origin: by an origin request policy, a cache policy, or
//! `ForwardedValues`, as it was said before there were policies.

use super::part::Part;
use super::project::Project;

/// What is passed on, where that can be seen.
pub(super) enum Forwarded {
    /// As the template says, or AWS of its own policies.
    Known(Passed),
    /// By a policy that is not in this template.
    Unknown,
}

/// What is passed on.
#[derive(Debug, Clone)]
pub(super) struct Passed {
    /// Whether every cookie is.
    pub(super) cookies: bool,
    /// Whether some cookie is.
    pub(super) any_cookies: bool,
    /// Whether every query string is.
    pub(super) queries: bool,
    pub(super) headers: Headers,
}

/// Which headers are passed on, of those that CloudFront does not always pass on. Names in small letters.
#[derive(Debug, Clone)]
pub(super) enum Headers {
    All,
    AllBut(Vec<String>),
    Only(Vec<String>),
}

impl Headers {
    pub(super) fn passes(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::AllBut(names) => !names.iter().any(|known| known == name),
            Self::Only(names) => names.iter().any(|known| known == name),
        }
    }
}

pub(super) fn forwarded(project: &Project<'_>, behaviour: &Part<'_>) -> Forwarded {
    let legacy = behaviour.get("ForwardedValues");
    if legacy.exists() {
        return Forwarded::Known(by_values(&legacy));
    }
    let policy = behaviour.get("OriginRequestPolicyId");
    let of_key = by_cache_policy(project, behaviour);
    if !policy.exists() {
        return Forwarded::Known(of_key);
    }
    if let Some(mut passed) = managed(policy.text()) {
        passed.any_cookies |= of_key.any_cookies;
        return Forwarded::Known(passed);
    }
    let Some((_, own)) = project.find("AWS::CloudFront::OriginRequestPolicy", policy.text()) else {
        return Forwarded::Unknown;
    };
    let config = own.get("OriginRequestPolicyConfig");
    let named = lower(&config.get("HeadersConfig.Headers"));
    let headers = match config.get("HeadersConfig.HeaderBehavior").text() {
        "allViewer" | "allViewerAndWhitelistCloudFront" => Headers::All,
        "allExcept" => Headers::AllBut(named),
        "whitelist" => Headers::Only(named),
        _ => Headers::Only(Vec::new()),
    };
    let cookies = config.get("CookiesConfig.CookieBehavior");
    Forwarded::Known(Passed {
        cookies: cookies.text() == "all" || of_key.cookies,
        any_cookies: is_some(&cookies) || of_key.any_cookies,
        queries: config.get("QueryStringsConfig.QueryStringBehavior").text() == "all" || of_key.queries,
        headers,
    })
}

/// What is in a cache's key is passed on too.
fn by_cache_policy(project: &Project<'_>, behaviour: &Part<'_>) -> Passed {
    let id = behaviour.get("CachePolicyId").text();
    let nothing = Passed { cookies: false, any_cookies: false, queries: false, headers: Headers::Only(Vec::new()) };
    let Some((_, own)) = project.find("AWS::CloudFront::CachePolicy", id) else { return nothing };
    let key = own.get("CachePolicyConfig.ParametersInCacheKeyAndForwardedToOrigin");
    let cookies = key.get("CookiesConfig.CookieBehavior");
    Passed {
        cookies: cookies.text() == "all",
        any_cookies: is_some(&cookies),
        queries: key.get("QueryStringsConfig.QueryStringBehavior").text() == "all",
        headers: Headers::Only(lower(&key.get("HeadersConfig.Headers"))),
    }
}

/// AWS's own ("Use managed origin request policies", Amazon CloudFront Developer Guide).
fn managed(id: &str) -> Option<Passed> {
    let everything = |headers| Passed { cookies: true, any_cookies: true, queries: true, headers };
    let only = |headers: &[&str]| Passed {
        cookies: false,
        any_cookies: false,
        queries: false,
        headers: Headers::Only(headers.iter().map(|name| (*name).to_owned()).collect()),
    };
    Some(match id {
        // AllViewerExceptHostHeader
        "b689b0a8-53d0-40ab-baf2-68738e2966ac" => everything(Headers::AllBut(vec!["host".to_owned()])),
        // AllViewer, AllViewerAndCloudFrontHeaders-2022-06
        "216adef6-5c7f-47e4-b989-5492eafa07d3" | "33f36d7e-f396-46d9-90e0-52428a34d9dc" => everything(Headers::All),
        // CORS-CustomOrigin
        "59781a5b-3903-41f3-afcb-af62929ccde1" => only(&["origin"]),
        // CORS-S3Origin
        "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf" => {
            only(&["origin", "access-control-request-headers", "access-control-request-method"])
        }
        // UserAgentRefererHeaders
        "acba4595-bd28-49b8-b9fe-13317c0390fa" => only(&["user-agent", "referer"]),
        // HostHeaderOnly
        "bf0718e1-ba1e-49d1-88b1-f726733018ae" => only(&["host"]),
        _ => return None,
    })
}

fn by_values(values: &Part<'_>) -> Passed {
    let cookies = values.get("Cookies.Forward");
    let headers = lower(&values.get("Headers"));
    Passed {
        cookies: cookies.text() == "all",
        any_cookies: is_some(&cookies),
        queries: values.get("QueryString").is_true(),
        headers: if headers.iter().any(|name| name == "*") { Headers::All } else { Headers::Only(headers) },
    }
}

fn is_some(behavior: &Part<'_>) -> bool {
    !matches!(behavior.text(), "" | "none")
}

fn lower(names: &Part<'_>) -> Vec<String> {
    names.texts().into_iter().map(str::to_ascii_lowercase).collect()
}
