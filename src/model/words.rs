//! The closed sets of words that every stage shares.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares an enum whose variants have one stable spelling in files and output, and one Chinese name for people.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal, $chinese:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $code)] $variant,)+
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The spelling in files and output.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The word analysts use.
            pub fn chinese(self) -> &'static str {
                match self { $(Self::$variant => $chinese),+ }
            }

            /// Reads the spelling used in files.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.code())
            }
        }
    };
}

words! {
    /// How a green production material helps (六种场景).
    Scene {
        /// Clean replaces fossil, toxic or virgin.
        Replace = "replace", "替代";
        /// Less material, water or energy carrier.
        Reduce = "reduce", "减量";
        /// Pollution treated.
        Abate = "abate", "减污";
        /// More useful work from the same energy.
        Efficiency = "efficiency", "增效";
        /// Better quality, ecology, measurement or service.
        Quality = "quality", "提质";
        /// Waste turned into a resource.
        Recycle = "recycle", "回收利用";
    }
}

words! {
    /// What the borrower does with a thing; it chooses among a term's catalogue entries.
    Role {
        /// 制造
        Make = "make", "制造";
        /// 贸易
        Trade = "trade", "贸易";
        /// 自用或自用改造
        Use = "use", "自用";
        /// 建设、安装、运营
        Build = "build", "建设运营";
        /// 服务
        Service = "service", "服务";
        /// 消费
        Consume = "consume", "消费";
    }
}

words! {
    /// How much a term says by itself.
    Strength {
        /// The name itself marks a thing that an entry covers.
        Sufficient = "sufficient", "充分";
        /// A type that an entry names, shared with ordinary goods: surfaced for review until something marks it.
        Generic = "generic", "通用类型";
        /// An everyday word that counts only in the right company, otherwise refused.
        NeedsContext = "needs-context", "需语境";
        /// A weak word: it may support a verdict and never makes one.
        Supporting = "supporting", "辅助";
    }
}

words! {
    /// The answer for a line and for a loan.
    Verdict {
        /// 建议认绿
        Green = "green", "绿色";
        /// Specific, but a condition of the entry has no data.
        NeedsEvidence = "needs-evidence", "待补证";
        /// A person must look.
        Review = "review", "人工复核";
        /// 非绿
        NotGreen = "not-green", "非绿";
    }
}

words! {
    /// A condition's three values.
    ConditionState {
        /// The text states it.
        Met = "met", "已满足";
        /// The text states the contrary.
        Unmet = "unmet", "不满足";
        /// The text does not say.
        NoData = "no-data", "缺数据";
    }
}

words! {
    /// How a match was found.
    Via {
        /// The canonical surface.
        Exact = "exact", "词条原词";
        /// Another surface of the same term.
        Alias = "alias", "别名";
        /// One slip of the scanner or the keyboard away; never evidence.
        Near = "near", "近似";
        /// Proposed by full-text look-up; never evidence.
        Recall = "recall", "全文召回";
    }
}

words! {
    /// What kind of text is read; an invoice line unless said otherwise.
    #[derive(Default)]
    TextKind {
        #[default]
        /// Goods or service name of one invoice line.
        InvoiceLine = "invoice_line", "发票明细";
        /// A loan's stated purpose.
        Purpose = "purpose", "贷款用途";
        /// A firm's registered scope of business.
        Scope = "scope", "经营范围";
    }
}

words! {
    /// Where a rule's value comes from.
    Origin {
        /// A public source states it.
        Public = "public", "公开";
        /// A public source suggests it.
        Derived = "derived", "推导";
        /// Ours; the bank must calibrate it.
        Default = "default", "默认";
    }
}

words! {
    /// Side of an invoice the borrower stands on.
    Direction {
        /// The borrower is the buyer.
        Bought = "bought", "购进";
        /// The borrower is the seller.
        Sold = "sold", "销售";
    }
}
