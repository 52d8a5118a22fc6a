//! Where the request was sent: to the site's host or the administration's, and what follows from that.

use http::header::ORIGIN;

use super::Context;
use crate::admin_door;
use crate::config::Origin;

impl Context {
    /// The address of a page of this site, as this visitor reaches it: for what leaves the site.
    pub fn site_url(&self, path: &str) -> String {
        self.site_origin().join(path)
    }

    /// Where this visitor reaches the site: the configured origin, the administration's for who was sent to its host; on one
    /// machine also `127.0.0.1` when the browser says so, since the cookies of one are not sent to the other. In AWS no
    /// header has a say in what these origins are.
    pub(crate) fn site_origin(&self) -> Origin {
        let (config, host) = (self.config(), &self.request().host);
        let site = config.origin_at(host);
        let here = self.request().header(&ORIGIN).and_then(Origin::parse);
        here.filter(|here| site.is_loopback() && config.is_own(host, here)).unwrap_or_else(|| site.clone())
    }

    /// Whether the request was sent to the administration's own host.
    pub fn is_admin_host(&self) -> bool {
        self.config().is_admin_host(&self.request().host)
    }

    /// Whether the administration is open to this request: it is switched on, and the request came to its host and from a
    /// network that may reach it. What the visitor may do there is another question.
    pub fn admits_admin(&self) -> bool {
        admin_door::admits(self.config(), self.request())
    }
}
