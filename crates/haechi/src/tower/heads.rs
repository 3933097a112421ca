use crate::guard::RequestGuard;
use crate::raw_heads::Side;
use http::HeaderMap;

impl RequestGuard {
    /// Copies the headers of one side: both are given away.
    pub(crate) fn copy_head(&mut self, side: Side, headers: &HeaderMap) {
        let heads = &mut self.state.heads;
        heads.want();
        for (name, value) in headers {
            heads.push(side, name.as_str(), value.as_bytes(), value.is_sensitive());
        }
    }

    /// The same of the answer, if the request's were copied.
    #[inline]
    pub(crate) fn copy_answers_head(&mut self, headers: &HeaderMap) {
        if self.state.heads.is_wanted() {
            self.copy_head(Side::Response, headers);
        }
    }
}
