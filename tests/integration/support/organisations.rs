//! Builders of what the organisations module keeps. Each posts through HTTP and returns the id.

use serde_json::json;

use super::TestApp;

impl TestApp {
    /// An organisation, such as `("city_union", "泸州市总工会")`.
    pub async fn organisation(&self, kind: &str, name: &str) -> String {
        self.post("/v1/organisations", &json!({"kind": kind, "name": name})).await.expect(201).id()
    }

    /// An allocation document of this number.
    pub async fn document(&self, number: &str) -> String {
        let document = json!({
            "issuer": "四川省财政厅", "number": number, "title": "关于下达帮扶资金的通知", "kind": "allocation", "issued_on": "2022-11-28",
        });
        self.post("/v1/documents", &document).await.expect(201).id()
    }

    /// A region shared by all federations; one that is there already is as good.
    pub async fn region(&self, code: &str, name: &str) {
        let reply = self.post("/v1/regions", &json!({"code": code, "name": name})).await;
        assert!(reply.status == 201 || reply.body["code"] == "region_exists", "{}", reply.text);
    }
}
