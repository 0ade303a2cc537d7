//! What the words of closed lists are called in Chinese (docs/GLOSSARY.md).

use crate::kernel::Lang;

/// Word of the API and what it is called. A word that is not here is shown as it is.
const WORDS: &[(&str, &str)] = &[
    ("accidental", "意外致困"),
    ("active", "在档"),
    ("applied", "申请"),
    ("approved", "已批准"),
    ("available", "可用"),
    ("bank_account", "对公账户"),
    ("bank_card", "银行卡"),
    ("bank_transfer", "银行转账"),
    ("bounce", "退票"),
    ("bounced", "退票"),
    ("cancelled", "已取消"),
    ("cap", "最高"),
    ("carried_over", "结转"),
    ("carry_over", "结转"),
    ("cash", "现金"),
    ("ceil_topup", "进位补差"),
    ("city", "市级"),
    ("cleared", "已核销"),
    ("closed", "已办结"),
    ("commit", "审批占用"),
    ("committed", "已占用"),
    ("confirmed", "已确认"),
    ("county", "县级"),
    ("death", "死亡"),
    ("deceased", "死亡"),
    ("deep", "深度困难"),
    ("disbursed", "已发放"),
    ("district", "区级"),
    ("donation", "捐赠"),
    ("done", "已执行"),
    ("draft", "草稿"),
    ("due", "应收应退"),
    ("exact", "一致"),
    ("explained", "已说明"),
    ("fail", "失败"),
    ("failed", "失败"),
    ("feedback", "核销"),
    ("female", "女"),
    ("floor", "最低"),
    ("floor_residual", "舍位留存"),
    ("give_up", "放弃"),
    ("given_up", "已放弃"),
    ("grace", "渐退"),
    ("grant", "下达"),
    ("granted", "下达"),
    ("hand_back", "下级交回"),
    ("household", "家庭"),
    ("in_review", "审批中"),
    ("in_transit", "在途"),
    ("ineligible", "不符合条件"),
    ("investigated", "已调查"),
    ("locked", "已锁定"),
    ("male", "男"),
    ("mismatch", "不一致"),
    ("municipal", "市级"),
    ("national", "全国"),
    ("not_evaluable", "无法比较"),
    ("one_card", "一卡通"),
    ("open", "未处理"),
    ("organisation", "组织"),
    ("other", "其他"),
    ("out_of_hardship", "脱困"),
    ("overdue", "逾期"),
    ("overpaid", "多付"),
    ("paid", "已付"),
    ("partly_cleared", "部分核销"),
    ("pending", "待送"),
    ("person", "个人"),
    ("policy", "需审批"),
    ("provincial", "省级"),
    ("publicised", "已公示"),
    ("received", "已收回"),
    ("reclaim", "收回"),
    ("reclaimed", "收回"),
    ("recover", "追回"),
    ("recover_due", "应追回"),
    ("recoverable", "应追回"),
    ("refused", "被拒绝"),
    ("reissue", "重发"),
    ("reissued", "已重发"),
    ("relative", "相对困难"),
    ("released", "已下发"),
    ("resolved", "已解决"),
    ("retired", "退休"),
    ("return", "退回财政"),
    ("returned", "已退回"),
    ("send", "送银行"),
    ("sent", "已送"),
    ("settle", "成功"),
    ("settled", "成功"),
    ("tail", "尾差"),
    ("top_up", "自有资金补差"),
    ("topped_up_elsewhere", "补差转出"),
    ("transferred", "调离"),
    ("transferred_down", "已划拨下级"),
    ("uncommit", "撤销占用"),
    ("union_card", "工会会员服务卡"),
    ("union_own", "工会自有资金"),
    ("unknown", "未知"),
    ("unspent", "未使用"),
    ("untop_up", "撤销补差"),
    ("waived", "已豁免"),
    ("withdraw", "调减"),
];

/// A word as a reader of a language reads it.
#[must_use]
pub fn translated(word: &str, lang: Lang) -> &str {
    match lang {
        Lang::En => word,
        Lang::Zh => WORDS.binary_search_by_key(&word, |(known, _)| known).ok().and_then(|at| WORDS.get(at)).map_or(word, |(_, zh)| zh),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_in_order_so_that_they_are_found() {
        assert!(WORDS.is_sorted_by(|one, other| one.0 < other.0));
        assert!(WORDS.iter().all(|(word, zh)| translated(word, Lang::Zh) == *zh && translated(word, Lang::En) == *word));
        assert_eq!(translated("nothing_of_this_name", Lang::Zh), "nothing_of_this_name");
    }
}
